package cadenza.samples;

import com.uber.cadence.workflow.QueryMethod;
import com.uber.cadence.workflow.SignalMethod;
import com.uber.cadence.workflow.WorkflowMethod;

/** Makes a greeting and has it signed. */
public interface GreetingWorkflow {
  /** Asks for a greeting, waits for the signal that says who signs it, has it signed. */
  @WorkflowMethod
  String greet(String name);

  /** Says who signs. */
  @SignalMethod
  void sign(String author);

  /** How far it is. */
  @QueryMethod
  String state();
}
