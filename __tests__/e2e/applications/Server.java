import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/**
 * A server that is closed before a checkpoint and opened after it. Its response contains the request; the system
 * property `hook` makes its hook misbehave: hang, fail, get in CRIU's way, leave a file open, or take its time at
 * the restore; `port` and `address` are where it listens, `own` for the address of the container.
 */
public class Server implements Resource {

    private static final int PORT = Integer.getInteger("port", 8080);
    private static Server instance;
    private static volatile String arguments = "";
    private final String hook = System.getProperty("hook", "");
    private final InetAddress address = address();
    private HttpServer server;
    private Object kept;
    private int calls;

    public static void main(String[] args) throws Exception {
        arguments = Arrays.toString(args);
        if (instance == null) {
            instance = new Server();
            Core.getGlobalContext().register(instance);
            Files.writeString(Path.of("/tmp/written-before-the-checkpoint"), "x");
            instance.open();
            System.out.println("listening on " + PORT);
            // A JVM ends with its last non-daemon thread, and the server's thread ends before the checkpoint.
            new CountDownLatch(1).await();
        }
    }

    private Server() throws IOException {}

    private static InetAddress address() throws IOException {
        String given = System.getProperty("address", "0.0.0.0");
        return given.equals("own") ? InetAddress.getLocalHost() : InetAddress.getByName(given);
    }

    private void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(address, PORT), 0);
        server.createContext("/", exchange -> answer(exchange, 200, String.join("|",
                    String.valueOf(System.getProperty("given")),
                    String.valueOf(System.getenv("GIVEN")),
                    arguments,
                    String.valueOf(Files.exists(Path.of("/tmp/written-before-the-checkpoint"))))));
        server.createContext("/environment", exchange -> answer(exchange, 200,
                    String.valueOf(System.getenv(exchange.getRequestURI().getQuery()))));
        server.createContext("/draw", exchange -> {
            try {
                new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB).createGraphics().drawString("x", 1, 8);
            } catch (Throwable error) {
                error.printStackTrace();
            }
            answer(exchange, 200, "");
        });
        server.createContext("/exit", exchange -> System.exit(42));
        server.createContext("/redirect", exchange -> {
            exchange.getResponseHeaders().add("Location", "/");
            answer(exchange, 302, "");
        });
        server.createContext("/sometimes", exchange -> answer(exchange, ++calls % 2 == 0 ? 200 : 500, ""));
        server.createContext("/echo", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes());
            System.out.println("echo: " + body + " for " + exchange.getRequestHeaders().getFirst("X-Tenant"));
            answer(exchange, 201, "");
        });
        server.start();
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes();
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
        System.out.println("beforeCheckpoint");
        server.stop(0);
        switch (hook) {
            case "hang" -> Thread.sleep(Long.MAX_VALUE);
            case "fail" -> throw new IllegalStateException("the pool is busy");
            // CRIU cannot write its log or its images where a folder of the same name stands.
            case "block" -> Files.createDirectory(Path.of("/opt/crac-checkpoint/snapshot/inventory.img"));
            case "file" -> kept = Files.newInputStream(Path.of("/etc/passwd"));
            default -> { }
        }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
        System.out.println("afterRestore");
        if (hook.equals("slow")) Thread.sleep(5_000);
        open();
    }
}
