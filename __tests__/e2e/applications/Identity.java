import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/** Shows what two processes that were restored from one snapshot have in common, and what they do not. */
public class Identity implements Resource {

    private final String instance = UUID.randomUUID().toString();
    private final String greeting = String.valueOf(System.getenv("CHANGED"));
    private final Random random = new Random();
    private final SplittableRandom splittable = new SplittableRandom();
    private final SecureRandom secure = new SecureRandom();
    private final SecureRandom drbg = SecureRandom.getInstance("DRBG");
    private final SecureRandom sha1 = SecureRandom.getInstance("SHA1PRNG");
    private final SecureRandom seeded = SecureRandom.getInstance("SHA1PRNG");
    private final KeptHeap heap = new KeptHeap(64);
    private final Path uploads = Files.createTempDirectory("server.8080.");
    private final String library = loadedFromTmp();
    private String zoneAtRestore = TimeZone.getDefault().getID();
    private HttpServer server;

    private static class Gr\u00f6\u00dfe {}

    Identity() throws Exception {
        seeded.setSeed(42);
    }

    public static void main(String[] args) throws Exception {
        Identity identity = new Identity();
        Core.getGlobalContext().register(identity);
        identity.answer();
        identity.open();
        new CountDownLatch(1).await();
    }

    private void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = answer().getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.createContext("/heap", heap);
        server.createContext("/upload", exchange -> {
            Files.writeString(Files.createTempFile(uploads, "upload", ".tmp"), "content");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("stored".getBytes());
            exchange.close();
        });
        server.start();
    }

    /** A library that was unpacked to /tmp, as JNA, SQLite and others do. */
    private static String loadedFromTmp() throws IOException {
        Path copy = Files.createTempFile("library", ".so");
        Files.copy(Path.of(System.getProperty("java.home"), "lib/libzip.so"), copy, StandardCopyOption.REPLACE_EXISTING);
        try {
            System.load(copy.toString());
            return "loaded";
        } catch (UnsatisfiedLinkError error) {
            return "refused";
        }
    }

    private static String nameThatIsNotAscii() {
        try {
            Path.of("/tmp", "gr\u00f6\u00dfe");
            return Class.forName("Identity$Gr\u00f6\u00dfe") == null ? "no class" : "found";
        } catch (ReflectiveOperationException | RuntimeException error) {
            return error.getClass().getSimpleName();
        }
    }

    /** JSON; every generator is used, so that none is seeded only after a restore. */
    private String answer() throws IOException {
        Map<String, String> values = new TreeMap<>();
        values.put("instance", instance);
        values.put("uuid", UUID.randomUUID().toString());
        values.put("random", String.valueOf(random.nextLong()));
        values.put("splittable", String.valueOf(splittable.nextLong()));
        values.put("threadLocal", String.valueOf(ThreadLocalRandom.current().nextLong()));
        values.put("math", String.valueOf(Math.random()));
        values.put("secure", String.valueOf(secure.nextLong()));
        values.put("drbg", String.valueOf(drbg.nextLong()));
        values.put("sha1", String.valueOf(sha1.nextLong()));
        values.put("seeded", String.valueOf(seeded.nextLong()));
        values.put("readAtStart", greeting);
        for (String name : new String[] {"KEPT", "CHANGED", "ADDED", "HOSTNAME", "dotted.name", "at-checkpoint"}) values.put(name, String.valueOf(System.getenv(name)));
        values.put("property", String.valueOf(System.getProperty("given")));
        values.put("encodingOfFileNames", System.getProperty("sun.jnu.encoding"));
        values.put("nameThatIsNotAscii", nameThatIsNotAscii());
        values.put("library", library);
        values.put("zoneAtRestore", zoneAtRestore);
        values.put("zone", TimeZone.getDefault().getID());
        values.put("hostName", InetAddress.getLocalHost().getHostName());
        values.put("clock", String.valueOf(System.currentTimeMillis()));
        HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        for (String name : new String[] {"MinHeapFreeRatio", "MaxHeapFreeRatio"}) values.put(name, jvm.getVMOption(name).getValue());
        StringBuilder json = new StringBuilder();
        values.forEach((name, value) -> json.append(json.isEmpty() ? "{" : ",").append('"').append(name).append("\":\"").append(value).append('"'));
        return json.append("}\n").toString();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        server.stop(0);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws IOException {
        zoneAtRestore = TimeZone.getDefault().getID();
        // Makes the JVM read the property user.timezone again.
        TimeZone.setDefault(null);
        open();
    }
}
