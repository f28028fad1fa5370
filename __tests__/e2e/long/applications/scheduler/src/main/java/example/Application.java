package example;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Does something at an interval, and listens nowhere. */
public final class Application {

    private static int runs;

    private Application() {}

    public static void main(String[] args) {
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
        scheduler.scheduleAtFixedRate(() -> System.out.println("run " + ++runs), 0, 100, TimeUnit.MILLISECONDS);
    }
}
