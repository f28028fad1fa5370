package example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Spring WebFlux, on the server of reactor-netty. */
@SpringBootApplication
@RestController
public class Application {

    @GetMapping("/")
    Mono<String> hello() {
        return Mono.just("Hello from WebFlux");
    }

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }
}
