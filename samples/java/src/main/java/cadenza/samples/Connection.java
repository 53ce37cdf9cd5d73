package cadenza.samples;

import com.uber.cadence.client.WorkflowClient;
import com.uber.cadence.client.WorkflowClientOptions;
import com.uber.cadence.serviceclient.ClientOptions;
import com.uber.cadence.serviceclient.IWorkflowService;
import com.uber.cadence.serviceclient.WorkflowServiceGrpc;

/** Where the server is, and where the samples live on it. */
final class Connection {
  static final String DOMAIN = "samples-domain";
  static final String TASK_LIST = "hello-world";

  private Connection() {}

  /** Connects to the server at CADENCE_CLI_ADDRESS, 127.0.0.1:7833 when that is not set. */
  static IWorkflowService open() {
    String address = System.getenv().getOrDefault("CADENCE_CLI_ADDRESS", "127.0.0.1:7833");
    int colon = address.lastIndexOf(':');
    return new WorkflowServiceGrpc(
        ClientOptions.newBuilder()
            .setHost(address.substring(0, colon))
            .setPort(Integer.parseInt(address.substring(colon + 1)))
            .build());
  }

  static WorkflowClient client(IWorkflowService service) {
    return WorkflowClient.newInstance(
        service, WorkflowClientOptions.newBuilder().setDomain(DOMAIN).build());
  }
}
