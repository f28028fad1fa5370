package example;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.crac.Core;
import org.crac.Resource;

/** Tomcat embedded, whose connector is stopped for the checkpoint. */
public final class Application implements Resource {

    private final Tomcat tomcat = new Tomcat();

    private Application() throws LifecycleException {
        tomcat.setPort(8080);
        tomcat.setBaseDir("/tmp/tomcat");
        var context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "hello", new Hello());
        context.addServletMappingDecoded("/", "hello");
        // Else stop() keeps the listening socket.
        tomcat.getConnector().setProperty("bindOnInit", "false");
        tomcat.start();
    }

    private static final class Hello extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().write("Hello from Tomcat");
        }
    }

    @Override
    public void beforeCheckpoint(org.crac.Context<? extends Resource> context) throws LifecycleException {
        tomcat.getConnector().stop();
    }

    @Override
    public void afterRestore(org.crac.Context<? extends Resource> context) throws LifecycleException {
        tomcat.getConnector().start();
    }

    public static void main(String[] args) throws Exception {
        Application application = new Application();
        Core.getGlobalContext().register(application);
        application.tomcat.getServer().await();
    }
}
