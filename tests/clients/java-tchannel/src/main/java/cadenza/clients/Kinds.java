package cadenza.clients;

import com.uber.cadence.activity.Activity;
import com.uber.cadence.activity.ActivityMethod;
import com.uber.cadence.activity.ActivityOptions;
import com.uber.cadence.common.RetryOptions;
import com.uber.cadence.workflow.QueryMethod;
import com.uber.cadence.workflow.SignalMethod;
import com.uber.cadence.workflow.Workflow;
import com.uber.cadence.workflow.WorkflowMethod;
import java.time.Duration;

/** The kinds of workflow that {@link Main} runs, and their activities. */
final class Kinds {
  private Kinds() {}

  /** Makes a greeting, waits for the signal that says who signs it, and has it signed. */
  public interface Greeting {
    @WorkflowMethod
    String greet(String name);

    @SignalMethod
    void sign(String author);

    @QueryMethod
    String state();
  }

  /** Has a child greet after a timer. */
  public interface Parent {
    @WorkflowMethod
    String ask(String name);
  }

  /** A greeting without a signature. */
  public interface Child {
    @WorkflowMethod
    String greet(String name);
  }

  /** Waits until it is told to stop. */
  public interface Waiting {
    @WorkflowMethod
    void await();
  }

  /** Counts down, each number in a run of its own. */
  public interface Countdown {
    @WorkflowMethod
    String from(int number);
  }

  public interface Work {
    /** Fails when nobody is to be greeted. */
    @ActivityMethod(scheduleToCloseTimeoutSeconds = 20)
    String compose(String name);

    @ActivityMethod(scheduleToCloseTimeoutSeconds = 20)
    String sign(String greeting, String author);

    /** Fails twice, and beats its heart: the server tries it again. */
    @ActivityMethod(scheduleToCloseTimeoutSeconds = 20)
    String flaky();
  }

  public static final class GreetingRun implements Greeting {
    private final Work work = Workflow.newActivityStub(Work.class);
    private String state = "composing";
    private String author;

    @Override
    public String greet(String name) {
      String greeting = work.compose(name);
      state = "waiting for a signature";
      Workflow.await(() -> author != null);
      String signed = work.sign(greeting, author);
      state = "signed";
      return signed;
    }

    @Override
    public void sign(String author) {
      this.author = author;
    }

    @Override
    public String state() {
      return state;
    }
  }

  public static final class ParentRun implements Parent {
    @Override
    public String ask(String name) {
      Workflow.sleep(Duration.ofSeconds(1));
      return "The child says: " + Workflow.newChildWorkflowStub(Child.class).greet(name);
    }
  }

  public static final class ChildRun implements Child {
    private final ActivityOptions options =
        new ActivityOptions.Builder()
            .setScheduleToCloseTimeout(Duration.ofSeconds(20))
            .setRetryOptions(
                new RetryOptions.Builder()
                    .setInitialInterval(Duration.ofSeconds(1))
                    .setBackoffCoefficient(1)
                    .setMaximumAttempts(3)
                    .build())
            .build();

    @Override
    public String greet(String name) {
      Work work = Workflow.newActivityStub(Work.class, options);
      return work.compose(name) + " " + work.flaky();
    }
  }

  public static final class WaitingRun implements Waiting {
    @Override
    public void await() {
      Workflow.sleep(Duration.ofHours(1));
    }
  }

  public static final class CountdownRun implements Countdown {
    @Override
    public String from(int number) {
      if (number > 0) {
        Workflow.newContinueAsNewStub(Countdown.class).from(number - 1);
      }
      return "lift-off";
    }
  }

  public static final class WorkDone implements Work {
    @Override
    public String compose(String name) {
      if (name.equals("nobody")) {
        throw new IllegalArgumentException("nobody to greet");
      }
      return "Hello, " + name + "!";
    }

    @Override
    public String sign(String greeting, String author) {
      return greeting + " Yours, " + author + ".";
    }

    @Override
    public String flaky() {
      int attempt = Activity.getTask().getAttempt();
      Activity.heartbeat(attempt);
      if (attempt < 2) {
        throw new IllegalStateException("not yet");
      }
      return "At attempt " + attempt + ".";
    }
  }
}
