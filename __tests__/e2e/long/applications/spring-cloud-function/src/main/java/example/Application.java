package example;

import java.util.function.Function;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A function that Spring Cloud Function serves at its name. */
@SpringBootApplication
public class Application {

    @Bean
    Function<String, String> reverse() {
        return text -> new StringBuilder(text).reverse().toString();
    }

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }
}
