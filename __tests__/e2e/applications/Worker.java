/** Works, as a consumer of a queue does, and listens nowhere. */
public class Worker {

    public static void main(String[] args) throws Exception {
        for (int done = 1; ; done++) {
            System.out.println("worked off message " + done);
            Thread.sleep(100);
        }
    }
}
