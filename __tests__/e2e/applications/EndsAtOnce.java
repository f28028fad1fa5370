/** Ends with an exit code of its own before it is ready. */
public class EndsAtOnce {

    public static void main(String[] args) {
        System.out.println("the configuration is missing");
        System.exit(3);
    }
}
