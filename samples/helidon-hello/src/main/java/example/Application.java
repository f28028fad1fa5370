package example;

import org.crac.Core;

public final class Application {

    // The context of org.crac holds its resources weakly: somebody else has to hold them.
    private static final HelloServer SERVER = new HelloServer(8080);

    private Application() {}

    public static void main(String[] args) throws InterruptedException {
        SERVER.start();
        Core.getGlobalContext().register(SERVER);
        // A JVM ends with its last non-daemon thread, and the server's threads end before the checkpoint.
        Thread.currentThread().join();
    }
}
