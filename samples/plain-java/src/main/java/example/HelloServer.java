package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.crac.Context;
import org.crac.Resource;

/** An HTTP server that a checkpoint finds stopped, and that listens again after the restore. */
class HelloServer implements Resource {

    private final int port;
    private HttpServer server;

    /** Creates a server. With port 0 the system chooses one, which {@link #port()} returns. */
    HelloServer(int port) {
        this.port = port;
    }

    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/", HelloServer::hello);
        server.start();
    }

    void stop() {
        server.stop(0);
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        stop();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws IOException {
        start();
    }

    /** The greeting is looked up at each request, so that one given at the restore is seen. */
    private static void hello(HttpExchange exchange) throws IOException {
        String greeting = System.getProperty("greeting", System.getenv("GREETING"));
        byte[] body = (greeting == null ? "Hello World" : greeting).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
