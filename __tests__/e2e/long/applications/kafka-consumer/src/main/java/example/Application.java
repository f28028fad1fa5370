package example;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A consumer that is closed for the checkpoint, and created again after the restore. */
public final class Application implements Resource {

    private volatile KafkaConsumer<String, String> consumer;
    private volatile Thread poller;

    private void start() {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", System.getenv().getOrDefault("KAFKA", "localhost:9092"), "group.id", "orders");
        consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of("orders"));
        System.out.println("subscribed to orders at " + settings.get("bootstrap.servers"));
        poller = new Thread(this::poll);
        poller.start();
    }

    private void poll() {
        try {
            while (true) {
                consumer.poll(Duration.ofMillis(200)).forEach(order -> System.out.println(order.value()));
            }
        } catch (WakeupException e) {
            consumer.close(Duration.ZERO);
        }
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws InterruptedException {
        consumer.wakeup();
        poller.join();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
        start();
    }

    public static void main(String[] args) throws InterruptedException {
        Application application = new Application();
        Core.getGlobalContext().register(application);
        application.start();
        Thread.currentThread().join();
    }
}
