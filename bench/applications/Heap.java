import com.sun.net.httpserver.HttpExchange;
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

/**
 * A server with so many megabytes on its heap, which no compression makes smaller, and so many that it has dropped. They
 * are arrays of 64 KB or, with a third argument "objects", objects of 32 bytes. Each request reads 64 KB of them, at
 * another place each time, and writes to one object there. A request to /all reads everything.
 */
public class Heap implements Resource {

    private static final int PIECE = 64 * 1024;
    private static final int OBJECT = 32;
    /** Coprime to the number of pieces: consecutive requests are far apart. */
    private static final int STRIDE = 7919;

    private static final List<Piece> kept = new ArrayList<>();
    private HttpServer server;
    private int requests;

    /** 64 KB of the heap. */
    private interface Piece {
        long read();

        void write();
    }

    private record Bytes(byte[] bytes) implements Piece {
        @Override
        public long read() {
            long sum = 0;
            for (byte one : bytes) sum += one;
            return sum;
        }

        @Override
        public void write() {
            bytes[0]++;
        }
    }

    private record Chain(Link first) implements Piece {
        @Override
        public long read() {
            long sum = 0;
            for (Link link = first; link != null; link = link.next) sum += link.one ^ link.other;
            return sum;
        }

        @Override
        public void write() {
            first.one++;
        }
    }

    /** 32 bytes: a header of 12, a reference of 4, and two numbers. */
    private static final class Link {
        private long one;
        private final long other;
        private final Link next;

        private Link(long one, long other, Link next) {
            this.one = one;
            this.other = other;
            this.next = next;
        }
    }

    public static void main(String[] args) throws Exception {
        boolean objects = args.length > 2 && args[2].equals("objects");
        fill(Integer.parseInt(args[1]), objects);
        kept.clear();
        fill(Integer.parseInt(args[0]), objects);
        Heap heap = new Heap();
        Core.getGlobalContext().register(heap);
        heap.open();
        // A JVM ends with its last non-daemon thread, and the server's thread ends before the checkpoint.
        new CountDownLatch(1).await();
    }

    private static void fill(int megabytes, boolean objects) {
        SplittableRandom random = new SplittableRandom(megabytes);
        for (long bytes = 0; bytes < megabytes * 1024L * 1024L; bytes += PIECE)
            kept.add(objects ? chain(random) : bytes(random));
    }

    private static Piece bytes(SplittableRandom random) {
        byte[] bytes = new byte[PIECE];
        random.nextBytes(bytes);
        return new Bytes(bytes);
    }

    private static Piece chain(SplittableRandom random) {
        Link first = null;
        for (int bytes = 0; bytes < PIECE; bytes += OBJECT)
            first = new Link(random.nextLong(), random.nextLong(), first);
        return new Chain(first);
    }

    private void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            Piece piece = kept.get((int) ((long) requests++ * STRIDE % kept.size()));
            piece.write();
            respond(exchange, piece.read());
        });
        server.createContext("/all", exchange -> respond(exchange, kept.stream().mapToLong(Piece::read).sum()));
        server.start();
    }

    private static void respond(HttpExchange exchange, long number) throws IOException {
        byte[] body = String.valueOf(number).getBytes();
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
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
