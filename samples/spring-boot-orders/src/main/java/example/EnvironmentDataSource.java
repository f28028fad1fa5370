package example;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Connects to the database that the environment names at that moment. Spring's own `spring.datasource.url` is read
 * once, at the start, which was before the checkpoint.
 */
class EnvironmentDataSource extends AbstractDataSource {

    @Override
    public Connection getConnection() throws SQLException {
        return getConnection(System.getenv("DATABASE_USER"), System.getenv("DATABASE_PASSWORD"));
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return DriverManager.getConnection(System.getenv("DATABASE_URL"), user, password);
    }

    /** The pool sets it. */
    @Override
    public void setLoginTimeout(int seconds) {
        DriverManager.setLoginTimeout(seconds);
    }
}
