package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.slf4j.LoggerFactory;

/** Answers with the environment of the time of the request. A checkpoint finds its server stopped. */
public final class Application implements Resource {

    // The context of org.crac holds its resources weakly.
    private static final Application INSTANCE = new Application();

    private HttpServer server;

    public static void main(String[] args) throws Exception {
        INSTANCE.open();
        Core.getGlobalContext().register(INSTANCE);
        LoggerFactory.getLogger(Application.class).info("Ready");
        // A JVM ends with its last thread that is no daemon, and the server's stops before the checkpoint.
        new CountDownLatch(1).await();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        server.stop(0);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws IOException {
        open();
    }

    private void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", Application::answer);
        server.start();
    }

    private static void answer(HttpExchange exchange) throws IOException {
        byte[] body = ("Hello " + System.getenv("NAME") + " from a class path").getBytes();
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
