package example;

import io.javalin.Javalin;

/** Javalin as its page shows it: nothing stops it for a checkpoint. */
public final class Application {

    private Application() {}

    public static void main(String[] args) {
        Javalin.create(config -> config.routes.get("/", request -> request.result("Hello from Javalin"))).start(8080);
    }
}
