package example;

import com.sun.net.httpserver.HttpServer;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A server that uses BoringSSL by Netty, which deletes the library in /tmp as soon as it is loaded. */
public final class Application implements Resource {

    private HttpServer server;

    private Application() throws IOException {
        OpenSsl.ensureAvailability();
        System.out.println(mapped());
        start();
    }

    private void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = (OpenSsl.versionString() + " of a library that is " + mapped()).getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    private static String mapped() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.anyMatch(line -> line.contains("netty_tcnative") && line.endsWith(" (deleted)")) ? "deleted" : "kept";
        }
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
        Core.getGlobalContext().register(application);
        new CountDownLatch(1).await();
        application.server.stop(0);
    }
}
