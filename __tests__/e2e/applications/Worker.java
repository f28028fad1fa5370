import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;

/** Works, as a consumer of a queue does, and listens nowhere. */
public class Worker implements Resource {
    private static Worker kept;

    public static void main(String[] args) throws Exception {
        kept = new Worker();
        Core.getGlobalContext().register(kept);
        for (int done = 1; ; done++) {
            System.out.println("worked off message " + done);
            Thread.sleep(100);
        }
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        System.out.println("connections closed");
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
        System.out.println("connections opened again");
    }
}
