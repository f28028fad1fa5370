package example;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/** A tool that waits, when it has loaded what it needs, for the arguments of a call. */
public final class Application {

    private static final CountDownLatch NEVER = new CountDownLatch(1);

    private Application() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            System.out.println("compiled: " + compile(String.join(" ", args)));
            System.exit(0);
        }
        compile("warm");
        Files.createFile(Path.of("/tmp/waiting"));
        NEVER.await();
    }

    private static String compile(String source) {
        return source.toUpperCase(Locale.ROOT);
    }
}
