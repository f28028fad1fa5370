import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

/** An HTTP server without CRaC support: it stays open. */
public class OpenSocket {

    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = "still open".getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        System.out.println("::error::this line must not become an annotation");
        System.out.println("ready");
    }
}
