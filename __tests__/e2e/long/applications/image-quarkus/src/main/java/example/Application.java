package example;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.io.IOException;

@Path("/")
public class Application {

    @GET
    public String state() throws IOException {
        return State.text();
    }
}
