// Command flux answers, by Flux's own packages, what Flux makes of objects: their kstatus or that of a Kustomization's
// healthCheckExprs; and which fields of Flux's manifests Flux does not know. Question and answer are JSON, by stdin and
// stdout.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	helm "github.com/fluxcd/helm-controller/api/v2"
	kustomization "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	source "github.com/fluxcd/source-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type question struct {
	Objects     []json.RawMessage                 `json:"objects"`
	Expressions *kustomize.HealthCheckExpressions `json:"expressions"`
	Manifests   []json.RawMessage                 `json:"manifests"`
}

type answer struct {
	Verdicts []string `json:"verdicts"`
	Faults   []string `json:"faults"`
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(65)
	}
	given := answer{Verdicts: []string{}, Faults: []string{}}
	for _, object := range asked.Objects {
		given.Verdicts = append(given.Verdicts, verdict(object, asked.Expressions))
	}
	for _, manifest := range asked.Manifests {
		if err := decode(manifest); err != nil {
			given.Faults = append(given.Faults, err.Error())
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(given); err != nil {
		os.Exit(74)
	}
}

func verdict(object []byte, expressions *kustomize.HealthCheckExpressions) string {
	read := &unstructured.Unstructured{}
	if err := read.UnmarshalJSON(object); err != nil {
		return "error: " + err.Error()
	}
	found, err := judge(read, expressions)
	if err != nil {
		return "error: " + err.Error()
	}
	return found.Status.String()
}

func judge(object *unstructured.Unstructured, expressions *kustomize.HealthCheckExpressions) (*status.Result, error) {
	if expressions == nil {
		return status.Compute(object)
	}
	evaluator, err := cel.NewStatusEvaluator(expressions)
	if err != nil {
		return nil, err
	}
	return evaluator.Evaluate(context.Background(), object)
}

func decode(manifest []byte) error {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(manifest, &head); err != nil {
		return err
	}
	known := map[string]any{
		kustomization.GroupVersion.String() + "/Kustomization": &kustomization.Kustomization{},
		helm.GroupVersion.String() + "/HelmRelease":            &helm.HelmRelease{},
		source.GroupVersion.String() + "/OCIRepository":        &source.OCIRepository{},
	}
	into, found := known[head.APIVersion+"/"+head.Kind]
	if !found {
		return fmt.Errorf("no kind of Flux: %s %s", head.APIVersion, head.Kind)
	}
	decoder := json.NewDecoder(bytes.NewReader(manifest))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
