/** Ends with an exit code of its own before it is ready. */
public class EndsAtOnce {

    public static void main(String[] args) {
        System.out.println("the configuration is missing");
        // The words of the driver of PostgreSQL.
        System.out.println("org.postgresql.util.PSQLException: Connection to localhost:5432 refused.");
        System.exit(3);
    }
}
