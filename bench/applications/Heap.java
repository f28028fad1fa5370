import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/** A server with so many megabytes on its heap, which no compression makes smaller, and so many that it has dropped. */
public class Heap implements Resource {

    private static final int PIECE = 64 * 1024;
    private static final List<byte[]> kept = new ArrayList<>();
    private HttpServer server;

    public static void main(String[] args) throws Exception {
        fill(Integer.parseInt(args[1]));
        kept.clear();
        fill(Integer.parseInt(args[0]));
        Heap heap = new Heap();
        Core.getGlobalContext().register(heap);
        heap.open();
        // A JVM ends with its last non-daemon thread, and the server's thread ends before the checkpoint.
        new CountDownLatch(1).await();
    }

    private static void fill(int megabytes) {
        SplittableRandom random = new SplittableRandom(megabytes);
        for (long bytes = 0; bytes < megabytes * 1024L * 1024L; bytes += PIECE) {
            byte[] piece = new byte[PIECE];
            random.nextBytes(piece);
            kept.add(piece);
        }
    }

    private void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = String.valueOf(kept.size()).getBytes();
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
    public void afterRestore(Context<? extends Resource> context) throws Exception {
        open();
    }
}
