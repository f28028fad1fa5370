package example;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A server that closes its own sockets, with an agent that keeps a connection. */
public final class Application implements Resource {

    private HttpServer server;

    private void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = "Hello with an agent".getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        server.stop(0);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws IOException {
        start();
    }

    public static void main(String[] args) throws Exception {
        Application application = new Application();
        application.start();
        Core.getGlobalContext().register(application);
        Thread.currentThread().join();
    }
}
