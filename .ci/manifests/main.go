// Command manifests checks Kubernetes manifests without a cluster: each document is decoded strictly into the type of its
// apiVersion and kind, so that an unknown field, a field in the wrong place or a value of the wrong type is an error.
// It is a module of its own, since the bridge itself needs nothing of Kubernetes.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// kinds are the types that a manifest of ours may hold; another kind is an error until it is added here.
var kinds = map[string]func() any{
	"v1 ConfigMap":                           func() any { return new(corev1.ConfigMap) },
	"v1 Secret":                              func() any { return new(corev1.Secret) },
	"v1 Service":                             func() any { return new(corev1.Service) },
	"v1 ServiceAccount":                      func() any { return new(corev1.ServiceAccount) },
	"apps/v1 Deployment":                     func() any { return new(appsv1.Deployment) },
	"apps/v1 StatefulSet":                    func() any { return new(appsv1.StatefulSet) },
	"policy/v1 PodDisruptionBudget":          func() any { return new(policyv1.PodDisruptionBudget) },
	"networking.k8s.io/v1 NetworkPolicy":     func() any { return new(networkingv1.NetworkPolicy) },
	"autoscaling/v2 HorizontalPodAutoscaler": func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
}

func main() { os.Exit(run(os.Args[1:])) }

func run(files []string) int {
	if len(files) == 0 {
		fmt.Fprintln(os.Stderr, "usage: manifests FILE…")
		return 2
	}
	var faults []error
	for _, file := range files {
		checked, err := checkFile(file)
		faults = append(faults, err)
		fmt.Printf("%s: %d documents\n", file, checked)
	}
	if err := errors.Join(faults...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// checkFile checks every document of a file and returns how many there were. A file without any is an error.
func checkFile(file string) (int, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("read the manifest: %w", err)
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var faults []error
	for checked := 0; ; {
		document, err := documents.Read()
		switch {
		case errors.Is(err, io.EOF) && checked == 0:
			return 0, fmt.Errorf("%s: holds no document", file)
		case errors.Is(err, io.EOF):
			return checked, errors.Join(faults...)
		case err != nil:
			return checked, fmt.Errorf("%s: read document %d: %w", file, checked+1, err)
		}
		checked++
		if err := checkDocument(document); err != nil {
			faults = append(faults, fmt.Errorf("%s: document %d: %w", file, checked, err))
		}
	}
}

func checkDocument(document []byte) error {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(document, &meta); err != nil {
		return fmt.Errorf("read apiVersion and kind: %w", err)
	}
	newObject, ok := kinds[meta.APIVersion+" "+meta.Kind]
	if !ok {
		return fmt.Errorf("apiVersion %q, kind %q is none that is known here", meta.APIVersion, meta.Kind)
	}
	if err := yaml.UnmarshalStrict(document, newObject()); err != nil {
		return fmt.Errorf("decode the %s: %w", meta.Kind, err)
	}
	return nil
}
