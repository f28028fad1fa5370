import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/**
 * Holds secrets in the ways in which applications do. Each argument is NAME=HEX, with every byte turned over, so that the
 * arguments themselves contain nothing that a scan would find.
 */
public class Secrets implements Resource {

    private static final Secrets INSTANCE = new Secrets();
    private static Object kept;
    private HttpServer server;

    public static void main(String[] args) throws Exception {
        Map<String, byte[]> given = Stream.of(args).map(arg -> arg.split("=")).collect(
            Collectors.toMap(pair -> pair[0], pair -> turned(HexFormat.of().parseHex(pair[1]))));
        Files.write(Path.of("/tmp/settings"), given.get("file"));
        Files.write(Path.of("/home/app/" + new String(given.get("name"))), new byte[0]);
        // The texts become smaller, so that the secrets are not in the packed bytes.
        byte[] war = zipped("a.jar", zipped("b.jar", zipped("x.yml", repeated(given.get("war")))));
        Files.write(Path.of("/tmp/app.war"), war);
        try (OutputStream log = new GZIPOutputStream(Files.newOutputStream(Path.of("/tmp/old.log.1")))) {
            log.write(repeated(given.get("gzip")));
        }
        Files.createSymbolicLink(Path.of("/tmp/link"), Path.of(new String(given.get("link"))));
        kept = new Object[] {
            new String(given.get("string"), StandardCharsets.UTF_8),
            charsOf(given.get("chars")),
            given.get("bytes"),
            new String(given.get("base64"), StandardCharsets.UTF_8),
            Connection.openedAndClosed(new String(given.get("connection"), StandardCharsets.UTF_8))
        };
        log(System.getenv("LOGGED_TOKEN"));
        Core.getGlobalContext().register(INSTANCE);
        INSTANCE.open();
        new CountDownLatch(1).await();
    }

    /** Prints a secret, as careless applications do: in one piece, and in two. */
    private static void log(String token) {
        if (token == null) return;
        System.err.println("token " + token);
        System.out.print("token " + token.substring(0, 10));
        System.out.flush();
        System.out.println(token.substring(10));
    }

    private static byte[] repeated(byte[] secret) {
        return (new String(secret) + "\n").repeat(50).getBytes();
    }

    private static byte[] zipped(String name, byte[] content) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] turned(byte[] bytes) {
        for (int at = 0; at < bytes.length; at++) bytes[at] ^= (byte) 0xff;
        return bytes;
    }

    private static char[] charsOf(byte[] bytes) {
        char[] chars = new char[bytes.length];
        for (int at = 0; at < bytes.length; at++) chars[at] = (char) bytes[at];
        return chars;
    }

    /** As a driver has it: closed, and with all that it takes to open it again. */
    private record Connection(String user, String password) {

        static Connection openedAndClosed(String password) throws Exception {
            Connection connection = new Connection("app", password);
            try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                    Socket accepted = server.accept()) {
                OutputStream out = client.getOutputStream();
                out.write(("AUTH " + connection.user + " " + connection.password + "\r\n").getBytes());
                out.flush();
                accepted.getInputStream().read();
            }
            return connection;
        }
    }

    private void open() throws Exception {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
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
