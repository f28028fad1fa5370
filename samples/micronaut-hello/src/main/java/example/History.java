package example;

import io.micronaut.crac.OrderedResource;
import jakarta.inject.Singleton;
import java.time.Instant;
import org.crac.Context;
import org.crac.Resource;

/** What became of this process so far. micronaut-crac registers it, as any bean that is an OrderedResource. */
@Singleton
public class History implements OrderedResource {

    private final Instant startedAt = Instant.now();
    private volatile boolean restored;

    public Status status() {
        return new Status(restored, startedAt);
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        // Nothing is open here. A resource that holds a socket or a file closes it now, and opens it again below.
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
        restored = true;
    }

    /** At a restore the lowest comes first: this is done before the server, whose order is 0, takes requests. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }
}
