package example;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A server without a framework. It is closed before a checkpoint, and opened after it. */
public final class Application implements Resource {

    // The context of org.crac holds its resources weakly.
    private static Application instance;
    private final String arguments;
    private HttpServer server;

    private Application(String[] args) {
        arguments = "arguments: " + Arrays.toString(args) + "\n";
    }

    public static void main(String[] args) throws Exception {
        instance = new Application(args);
        instance.open();
        Core.getGlobalContext().register(instance);
        new CountDownLatch(1).await();
    }

    private void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = (arguments + State.text()).getBytes();
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
        open();
    }
}
