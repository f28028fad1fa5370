package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/**
 * Answers with the database and the user of its connections. A checkpoint finds its server and its pool closed, the
 * pool only without the system property `keep`; a restore opens both by the environment of then.
 */
public final class Application implements Resource {

    // The context of org.crac holds its resources weakly.
    private static final Application INSTANCE = new Application();

    private HikariDataSource pool;
    private HttpServer server;

    public static void main(String[] args) throws Exception {
        INSTANCE.open();
        Core.getGlobalContext().register(INSTANCE);
        // A JVM ends with its last thread that is no daemon, and the server's stops before the checkpoint.
        new CountDownLatch(1).await();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        server.stop(0);
        if (!Boolean.getBoolean("keep")) {
            pool.close();
        }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
        open();
    }

    private void open() throws IOException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(System.getenv("DATABASE_URL"));
        config.setUsername(System.getenv("DATABASE_USER"));
        config.setPassword(System.getenv("DATABASE_PASSWORD"));
        config.setMaximumPoolSize(2);
        pool = new HikariDataSource(config);

        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        int status = 200;
        String text;
        try (var connection = pool.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select current_database() || ' as ' || current_user")) {
            rows.next();
            text = rows.getString(1);
        } catch (SQLException e) {
            status = 503;
            text = e.getMessage();
        }
        byte[] body = text.getBytes();
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
