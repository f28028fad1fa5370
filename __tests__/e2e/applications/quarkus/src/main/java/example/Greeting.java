package example;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

/** Answers with the environment of the time of the request. */
@Path("/")
public class Greeting {

    @GET
    public String greet() {
        return "Hello " + System.getenv("NAME") + " from Quarkus";
    }
}
