/** Says that it starts, and never listens. */
public class NeverReady {

    public static void main(String[] args) throws Exception {
        System.out.println("waiting for a database that never comes");
        Thread.sleep(Long.MAX_VALUE);
    }
}
