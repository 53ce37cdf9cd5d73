// Command thrift_bridge lets a suite that speaks Protobuf over gRPC test a server over Thrift. It serves uber.cadence.api.v1
// and sends every call on in Thrift, over gRPC or over TChannel, with the published code of the Go project (v1.2.13): its
// Thrift stubs, and its own mapping from Protobuf to Thrift and back. What the suite finds is thus what a Thrift client of
// that project sees.
//
// usage: thrift_bridge -server HOST:PORT -transport thrift-grpc|tchannel
//
// It listens on a free port of the loopback and prints `listening on HOST:PORT` once calls are taken. SIGTERM ends it; the
// last line says how many calls of how many methods went on. A method that Thrift has no counterpart for is answered with
// UNIMPLEMENTED and named on standard error.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	apiv1 "github.com/uber/cadence-idl/go/proto/api/v1"
	"github.com/uber/cadence/.gen/go/cadence/workflowserviceclient"
	"github.com/uber/cadence/.gen/go/health/metaclient"
	"github.com/uber/cadence/common/types/mapper/proto"
	"github.com/uber/cadence/common/types/mapper/thrift"
	"go.uber.org/yarpc"
	"go.uber.org/yarpc/api/transport"
	"go.uber.org/yarpc/transport/grpc"
	"go.uber.org/yarpc/transport/tchannel"
	"go.uber.org/yarpc/yarpcerrors"
)

const (
	service          = "cadence-frontend"
	messageBytesMax  = 64 << 20
	headerOfClients  = "cadence-"
	callerOfTheCalls = "thrift-bridge"
)

func main() {
	server := flag.String("server", "", "where the server speaks the transport")
	way := flag.String("transport", "", "thrift-grpc or tchannel")
	flag.Parse()
	if err := serve(*server, *way); err != nil {
		fmt.Fprintln(os.Stderr, "thrift_bridge:", err)
		os.Exit(1)
	}
}

func serve(server, way string) error {
	outbound, err := outboundTo(server, way)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	calls := &counts{of: map[string]int{}}
	limits := []grpc.TransportOption{grpc.ServerMaxRecvMsgSize(messageBytesMax), grpc.ServerMaxSendMsgSize(messageBytesMax)}
	dispatcher := yarpc.NewDispatcher(yarpc.Config{
		Name:               service,
		Inbounds:           yarpc.Inbounds{grpc.NewTransport(limits...).NewInbound(listener)},
		Outbounds:          yarpc.Outbounds{service: {ServiceName: service, Unary: outbound}},
		OutboundMiddleware: yarpc.OutboundMiddleware{Unary: calls},
	})
	config := dispatcher.ClientConfig(service)
	b := &bridge{thrift: workflowserviceclient.New(config), meta: metaclient.New(config), newer: newNewer(config)}
	dispatcher.Register(apiv1.BuildDomainAPIYARPCProcedures(b))
	dispatcher.Register(apiv1.BuildWorkflowAPIYARPCProcedures(b))
	dispatcher.Register(apiv1.BuildWorkerAPIYARPCProcedures(b))
	dispatcher.Register(apiv1.BuildVisibilityAPIYARPCProcedures(b))
	dispatcher.Register(apiv1.BuildMetaAPIYARPCProcedures(b))
	if err := dispatcher.Start(); err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, os.Interrupt)
	<-ended
	fmt.Println(calls)
	return nil
}

func outboundTo(server, way string) (transport.UnaryOutbound, error) {
	switch way {
	case "thrift-grpc":
		limits := []grpc.TransportOption{grpc.ClientMaxRecvMsgSize(messageBytesMax), grpc.ClientMaxSendMsgSize(messageBytesMax)}
		return grpc.NewTransport(limits...).NewSingleOutbound(server), nil
	case "tchannel":
		channel, err := tchannel.NewTransport(tchannel.ServiceName(callerOfTheCalls))
		if err != nil {
			return nil, err
		}
		return channel.NewSingleOutbound(server), nil
	}
	return nil, fmt.Errorf("no transport is called %q", way)
}

// bridge serves the methods of uber.cadence.api.v1; methods.go has them.
type bridge struct {
	thrift workflowserviceclient.Interface
	meta   metaclient.Interface
	newer  newer
}

// asked sends a call on and brings its answer back.
func asked[P, I, T, U, J, Q any](ctx context.Context, request P, toTypes func(P) I, toThrift func(I) T,
	call func(context.Context, T, ...yarpc.CallOption) (U, error), fromThrift func(U) J, fromTypes func(J) Q,
) (answer Q, err error) {
	got, err := call(ctx, toThrift(toTypes(request)), passed(ctx)...)
	if err != nil {
		return answer, failure(err)
	}
	return fromTypes(fromThrift(got)), nil
}

// told sends a call on that is answered with nothing.
func told[P, I, T, Q any](ctx context.Context, request P, toTypes func(P) I, toThrift func(I) T,
	call func(context.Context, T, ...yarpc.CallOption) error, answer Q,
) (none Q, err error) {
	if err := call(ctx, toThrift(toTypes(request)), passed(ctx)...); err != nil {
		return none, failure(err)
	}
	return answer, nil
}

// passed has the headers by which clients say who they are and what they read.
func passed(ctx context.Context) []yarpc.CallOption {
	var headers []yarpc.CallOption
	call := yarpc.CallFromContext(ctx)
	for _, name := range call.HeaderNames() {
		if strings.HasPrefix(name, headerOfClients) {
			headers = append(headers, yarpc.WithHeader(name, call.Header(name)))
		}
	}
	return headers
}

// failure is an exception as the Protobuf client sees it; a status without an exception passes as it is.
func failure(err error) error {
	known := thrift.ToError(err)
	if known == err && yarpcerrors.IsStatus(err) {
		return err
	}
	return proto.FromError(known)
}

// notInThrift answers a method that has no counterpart.
func notInThrift[Q any](method string) (none Q, err error) {
	fmt.Fprintln(os.Stderr, "not in Thrift:", method)
	return none, yarpcerrors.UnimplementedErrorf("%s is not in the Thrift contract of the Go project's v1.2.13", method)
}

// counts counts what went on, by method.
type counts struct {
	mutex sync.Mutex
	of    map[string]int
}

func (c *counts) Call(ctx context.Context, request *transport.Request, out transport.UnaryOutbound) (*transport.Response, error) {
	c.mutex.Lock()
	c.of[request.Procedure]++
	c.mutex.Unlock()
	return out.Call(ctx, request)
}

func (c *counts) String() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := 0
	for _, count := range c.of {
		all += count
	}
	return fmt.Sprintf("%d calls of %d methods went on in Thrift", all, len(c.of))
}
