import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.crypto.spec.SecretKeySpec;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/**
 * Holds secrets in the ways in which applications do. Each argument is NAME.FORM=HEX, with every byte turned over, so that the
 * arguments themselves contain nothing that a scan would find.
 */
public class Secrets implements Resource {

    private static final Secrets INSTANCE = new Secrets();
    private static final List<Object> KEPT = new ArrayList<>();
    private HttpServer server;

    public static void main(String[] args) throws Exception {
        for (String arg : args) {
            String[] pair = arg.split("=");
            // An option with a secret, as any application has it.
            if (arg.startsWith("--")) continue;
            KEPT.add(held(pair[0].substring(pair[0].indexOf('.') + 1), turned(HexFormat.of().parseHex(pair[1]))));
        }
        try {
            // Its constant gets into the archive of classes.
            KEPT.add(Class.forName("Constant").getDeclaredConstructor().newInstance());
        } catch (ClassNotFoundException without) {
            // Only one of the tests has it.
        }
        log(System.getenv("LOGGED_TOKEN"));
        Core.getGlobalContext().register(INSTANCE);
        INSTANCE.open();
        new CountDownLatch(1).await();
    }

    /** Returns what an application keeps of a secret in this form. */
    private static Object held(String form, byte[] bytes) throws Exception {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return switch (form) {
            case "string" -> text;
            case "chars" -> text.toCharArray();
            case "bytes" -> bytes;
            case "builder" -> new StringBuilder("password is ").append(text);
            case "direct" -> ByteBuffer.allocateDirect(bytes.length).put(bytes);
            case "utf16be" -> text.getBytes(StandardCharsets.UTF_16BE);
            case "utf16le" -> text.getBytes(StandardCharsets.UTF_16LE);
            case "connection" -> Connection.openedAndClosed(text);
            case "base64" -> Base64.getEncoder().encodeToString(("a" + text).getBytes(StandardCharsets.UTF_8));
            case "base64url" -> Base64.getUrlEncoder().encodeToString(bytes);
            case "base64utf16" -> Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_16LE));
            case "mime" -> Base64.getMimeEncoder().encodeToString(("x".repeat(40) + text + "y".repeat(50)).getBytes());
            case "basic" -> "Basic " + Base64.getEncoder().encodeToString(("scott:" + text).getBytes());
            case "hex" -> HexFormat.of().formatHex(bytes);
            case "upperhex" -> HexFormat.of().withUpperCase().formatHex(bytes);
            case "form" -> URLEncoder.encode(text, StandardCharsets.UTF_8);
            case "properties" -> {
                Properties properties = new Properties();
                properties.setProperty("db.password", text);
                StringWriter writer = new StringWriter();
                properties.store(writer, null);
                yield writer.toString();
            }
            case "aes" -> new SecretKeySpec(bytes, "AES");
            case "number" -> new BigInteger(1, bytes);
            case "rsa" -> KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(bytes));
            case "ec" -> KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes));
            case "ed25519" -> KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(bytes));
            case "x25519" -> KeyFactory.getInstance("X25519").generatePrivate(new PKCS8EncodedKeySpec(bytes));
            default -> placed(form, bytes);
        };
    }

    /** Writes a secret to a file. The texts become smaller in archives, so that the secrets are not in the packed bytes. */
    private static Path placed(String place, byte[] bytes) throws Exception {
        byte[] repeated = (new String(bytes) + "\n").repeat(50).getBytes();
        return switch (place) {
            case "file" -> Files.write(Path.of("/tmp/settings"), bytes);
            case "name" -> Files.write(Path.of("/home/app/" + new String(bytes)), new byte[0]);
            case "link" -> Files.createSymbolicLink(Path.of("/tmp/link"), Path.of(new String(bytes)));
            case "war" -> Files.write(Path.of("/tmp/app.war"),
                zipped("a.jar", zipped("b.jar", zipped("x.yml", repeated, null), null), null));
            case "comment" -> Files.write(Path.of("/tmp/comment"), zipped("a", new byte[9], new String(bytes)));
            case "gzip" -> {
                try (OutputStream log = new GZIPOutputStream(Files.newOutputStream(Path.of("/tmp/old.log.1")))) {
                    log.write(repeated);
                }
                yield Path.of("/tmp");
            }
            // Made by the test: a file of this name.
            default -> Files.write(Path.of("/tmp/" + place), bytes);
        };
    }

    /** Prints a secret, as careless applications do: in one piece, and in two. */
    private static void log(String token) {
        if (token == null) return;
        System.err.println("token " + token);
        System.out.print("token " + token.substring(0, 10));
        System.out.flush();
        System.out.println(token.substring(10));
    }

    private static byte[] zipped(String name, byte[] content, String comment) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setComment(comment);
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] turned(byte[] bytes) {
        for (int at = 0; at < bytes.length; at++) bytes[at] ^= (byte) 0xff;
        return bytes;
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
        server.createContext("/", Secrets::answer);
        server.start();
    }

    /** Answers a request, and keeps it, as a session or a cache does. */
    private static void answer(HttpExchange exchange) throws IOException {
        KEPT.add(List.copyOf(exchange.getRequestHeaders().values()));
        KEPT.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        exchange.sendResponseHeaders(200, -1);
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
