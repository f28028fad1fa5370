import java.util.Random;

/** Server, with as many megabytes of random memory and of log as the system properties `memory` and `log` say. */
public class Heavy {

    private static byte[][] memory;

    public static void main(String[] args) throws Exception {
        Random random = new Random(1);
        // Of a quarter of a megabyte each: larger ones take twice their size.
        memory = new byte[4 * Integer.getInteger("memory", 0)][1 << 18];
        for (byte[] part : memory) {
            random.nextBytes(part);
        }
        String line = "0123456789 ".repeat(92) + "end";
        for (int kilobytes = 0; kilobytes < 1024 * Integer.getInteger("log", 0); kilobytes++) {
            System.out.println(line);
        }
        Server.main(args);
    }
}
