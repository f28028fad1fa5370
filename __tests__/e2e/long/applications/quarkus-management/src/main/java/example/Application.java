package example;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

/** Quarkus with its management interface on a port of its own. */
@Path("/")
public class Application {

    @GET
    public String hello() {
        return "Hello from Quarkus";
    }
}
