package example;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.crac.Core;

public final class Application {

    // The context of org.crac holds its resources weakly: somebody else has to hold them.
    private static final HelloServer SERVER = new HelloServer(8080);

    private Application() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        SERVER.start();
        Core.getGlobalContext().register(SERVER);
        // A JVM ends with its last non-daemon thread, and the server's thread ends before the checkpoint.
        new CountDownLatch(1).await();
    }
}
