package example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers with the environment of the time of the request. */
@SpringBootApplication
@RestController
public class Application {

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @GetMapping("/")
    String greet() {
        return "Hello " + System.getenv("NAME") + " from Spring";
    }

    @GetMapping("/version")
    String version() {
        return Application.class.getPackage().getImplementationVersion();
    }
}
