package example;

import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;

/**
 * @param restored whether this process came out of a snapshot
 * @param startedAt when the application was started; a restore does not change it
 */
@Serdeable
public record Status(boolean restored, Instant startedAt) {}
