import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/** Prints when its resources are notified of a checkpoint and of a restore; `pipe` leaves a pipe open, and a path a log file. */
public class Hooks {

    private static PrintStream log;

    record Named(String name) implements Resource {

        @Override
        public void beforeCheckpoint(Context<? extends Resource> context) {
            System.out.println("before " + name);
        }

        @Override
        public void afterRestore(Context<? extends Resource> context) {
            System.out.println("after " + name);
            if (log != null) {
                log.println("after " + name);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        Named first = new Named("first");
        Named second = new Named("second");
        Core.getGlobalContext().register(first);
        Core.getGlobalContext().register(second);
        String open = args.length > 0 ? args[0] : "";
        Process child = open.equals("pipe") ? new ProcessBuilder("sleep", "60").start() : null;
        if (open.startsWith("/")) {
            log = new PrintStream(new FileOutputStream(open), true);
            log.println("opened");
        }
        System.out.println("ready");
        new CountDownLatch(1).await();
        System.out.println(first + " " + second + " " + child);
    }
}
