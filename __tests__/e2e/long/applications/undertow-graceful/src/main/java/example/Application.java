package example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Spring WebFlux, on Undertow, which shuts down gracefully: the default since Spring Boot 3.4. */
@SpringBootApplication
@RestController
public class Application {

    @GetMapping("/")
    Mono<String> hello() {
        return Mono.just("Hello from Undertow");
    }

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }
}
