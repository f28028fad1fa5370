package example;

import io.micronaut.configuration.kafka.annotation.KafkaListener;
import io.micronaut.configuration.kafka.annotation.OffsetReset;
import io.micronaut.configuration.kafka.annotation.Topic;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.runtime.Micronaut;

/** Micronaut with a listener of Kafka, which nothing closes for a checkpoint. */
@Controller
public class Application {

    @Get(produces = "text/plain")
    public String hello() {
        return "Hello from Micronaut";
    }

    @KafkaListener(offsetReset = OffsetReset.EARLIEST)
    public static class Orders {

        @Topic("orders")
        public void receive(String order) {
            System.out.println(order);
        }
    }

    public static void main(String[] args) {
        Micronaut.run(Application.class, args);
    }
}
