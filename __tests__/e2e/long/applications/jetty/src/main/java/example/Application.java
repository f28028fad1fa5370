package example;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;

/** Jetty, which is stopped for the checkpoint. */
public final class Application extends Handler.Abstract implements Resource {

    private final Server server = new Server(8080);

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Content.Sink.write(response, true, "Hello from Jetty", callback);
        return true;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
        server.stop();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
        server.start();
    }

    public static void main(String[] args) throws Exception {
        Application application = new Application();
        application.server.setHandler(application);
        application.server.start();
        Core.getGlobalContext().register(application);
        Thread.currentThread().join();
    }
}
