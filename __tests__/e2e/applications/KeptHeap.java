import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/** Data on the heap that is made before the checkpoint, in large arrays and in small objects, and what has become of it. */
public class KeptHeap implements HttpHandler {

    private record Small(long number, Small next) {}

    private final List<byte[]> arrays = new ArrayList<>();
    private Small objects;
    private final long checksum;

    KeptHeap(int megabytes) {
        SplittableRandom random = new SplittableRandom(megabytes);
        for (int index = 0; index < megabytes; index++) {
            // Some are larger than half a region of G1, which keeps those in regions of their own.
            byte[] array = new byte[index % 2 == 0 ? 64 * 1024 : 1024 * 1024];
            random.nextBytes(array);
            arrays.add(array);
        }
        for (int index = 0; index < megabytes * 5000; index++) objects = new Small(random.nextLong(), objects);
        checksum = checksum();
    }

    private long checksum() {
        CRC32 sum = new CRC32();
        arrays.forEach(sum::update);
        long numbers = 0;
        for (Small object = objects; object != null; object = object.next()) numbers = 31 * numbers + object.number();
        return sum.getValue() ^ numbers;
    }

    /** `change` writes to every array; the answer says whether the data is as it was made. */
    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        if (query.equals("change")) for (byte[] array : arrays) array[array.length / 2]++;
        if (query.equals("work")) work();
        byte[] body = (checksum() == checksum ? "as it was" : "changed").getBytes();
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** Collects everything, and allocates until the heap is full. */
    private void work() {
        System.gc();
        List<byte[]> filled = new ArrayList<>();
        try {
            while (true) filled.add(new byte[512 * 1024]);
        } catch (OutOfMemoryError full) {
            if (filled.isEmpty()) throw full;
            filled.clear();
        }
        System.gc();
    }
}
