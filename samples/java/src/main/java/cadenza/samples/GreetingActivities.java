package cadenza.samples;

import com.uber.cadence.activity.ActivityMethod;

/** The work of {@link GreetingWorkflow}. */
public interface GreetingActivities {
  /** Makes a greeting. Fails when nobody is to be greeted, to show how that looks. */
  @ActivityMethod(scheduleToCloseTimeoutSeconds = 10)
  String compose(String name);

  /** Puts a name under a greeting. */
  @ActivityMethod(scheduleToCloseTimeoutSeconds = 10)
  String sign(String greeting, String author);
}
