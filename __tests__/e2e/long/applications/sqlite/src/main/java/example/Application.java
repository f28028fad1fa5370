package example;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** Counts its requests in a database of SQLite, and deletes its native library once it is loaded, as netty-tcnative does with its own. */
public final class Application implements Resource {

    private final Connection database;
    private HttpServer server;

    private Application() throws IOException, SQLException {
        database = DriverManager.getConnection("jdbc:sqlite::memory:");
        try (Statement statement = database.createStatement()) {
            statement.execute("create table requests (id integer primary key)");
        }
        try (DirectoryStream<Path> libraries = Files.newDirectoryStream(Path.of("/tmp"), "sqlite-*")) {
            for (Path library : libraries) {
                Files.delete(library);
            }
        }
        start();
    }

    private void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] body = ("request " + count()).getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    private synchronized int count() throws IOException {
        try (Statement statement = database.createStatement()) {
            statement.execute("insert into requests default values");
            try (ResultSet rows = statement.executeQuery("select count(*) from requests")) {
                return rows.getInt(1);
            }
        } catch (SQLException e) {
            throw new IOException(e);
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
