import java.util.concurrent.CountDownLatch;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/** Prints when its resources are notified of a checkpoint and of a restore; `open` leaves a pipe open. */
public class Hooks {

    record Named(String name) implements Resource {

        @Override
        public void beforeCheckpoint(Context<? extends Resource> context) {
            System.out.println("before " + name);
        }

        @Override
        public void afterRestore(Context<? extends Resource> context) {
            System.out.println("after " + name);
        }
    }

    public static void main(String[] args) throws Exception {
        Named first = new Named("first");
        Named second = new Named("second");
        Core.getGlobalContext().register(first);
        Core.getGlobalContext().register(second);
        Process child = args.length > 0 ? new ProcessBuilder("sleep", "60").start() : null;
        System.out.println("ready");
        new CountDownLatch(1).await();
        System.out.println(first + " " + second + " " + child);
    }
}
