package example;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A server of Vert.x, which is closed for the checkpoint. */
public final class Application implements Resource {

    private final Vertx vertx = Vertx.vertx();
    private HttpServer server;

    private void start() {
        server = vertx.createHttpServer()
                .requestHandler(request -> request.response().end("Hello from Vert.x"))
                .listen(8080)
                .await();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        server.close().await();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
        start();
    }

    public static void main(String[] args) throws InterruptedException {
        Application application = new Application();
        application.start();
        Core.getGlobalContext().register(application);
        Thread.currentThread().join();
    }
}
