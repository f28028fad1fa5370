package example;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import org.crac.Context;
import org.crac.Resource;

/** A web server of Helidon that a checkpoint finds stopped, and that listens again after the restore. */
class HelloServer implements Resource {

    private final int port;
    private WebServer server;

    HelloServer(int port) {
        this.port = port;
    }

    void start() {
        server = WebServer.builder()
                .port(port)
                .routing(routing -> routing.get("/", HelloServer::hello))
                .build()
                .start();
    }

    void stop() {
        server.stop();
    }

    int port() {
        return server.port();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        stop();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
        start();
    }

    /** The greeting is looked up at each request, so that one given at the restore is seen. */
    private static void hello(ServerRequest request, ServerResponse response) {
        String greeting = System.getProperty("greeting", System.getenv("GREETING"));
        response.send(greeting == null ? "Hello World" : greeting);
    }
}
