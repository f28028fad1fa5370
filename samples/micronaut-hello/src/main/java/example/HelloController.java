package example;

import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

@Controller
public class HelloController {

    private final History history;

    public HelloController(History history) {
        this.history = history;
    }

    /** The greeting is looked up at each request, so that one given at the restore is seen. */
    @Get(produces = MediaType.TEXT_PLAIN)
    public String hello() {
        String greeting = System.getProperty("greeting", System.getenv("GREETING"));
        return greeting == null ? "Hello World" : greeting;
    }

    @Get("/status")
    public Status status() {
        return history.status();
    }
}
