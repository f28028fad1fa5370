package example;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

@Path("/")
public class GreetingResource {

    /** The greeting is looked up at each request, so that one given at the restore is seen. */
    @GET
    @Produces(MediaType.TEXT_PLAIN)
    public String hello() {
        String greeting = System.getProperty("greeting", System.getenv("GREETING"));
        return greeting == null ? "Hello World" : greeting;
    }
}
