package example;

import io.undertow.Undertow;

/** Undertow as its page shows it: nothing stops it for a checkpoint. */
public final class Application {

    private Application() {}

    public static void main(String[] args) {
        Undertow.builder()
                .addHttpListener(8080, "0.0.0.0")
                .setHandler(exchange -> exchange.getResponseSender().send("Hello from Undertow"))
                .build()
                .start();
    }
}
