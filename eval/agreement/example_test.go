package agreement_test

import (
	"fmt"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

func ExampleQWK() {
	scale := agreement.Scale{Min: 1, Max: 6, Step: 1}
	human := []float64{4, 3, 5, 2, 4, 6, 1, 3, 4, 5}
	machine := []float64{4, 4, 5, 3, 3, 6, 2, 3, 5, 5}

	kappa, err := agreement.QWK(human, machine, scale)
	fmt.Println(kappa, err)

	kappa, err = agreement.QWK([]float64{3, 3}, []float64{3, 3}, scale)
	fmt.Println(kappa, err)

	_, err = agreement.QWK([]float64{3, 7}, []float64{3, 3}, scale)
	fmt.Println(err)
	// Output:
	// 0.857143 <nil>
	// undefined (all ratings are 3, so chance agrees as often as the raters) <nil>
	// agreement: quadratic weighted kappa: a[1] = 7 is off the scale 1..6 step 1
}

func ExampleQWK_interval() {
	scale := agreement.Scale{Min: 1, Max: 6, Step: 1}
	human := []float64{2, 3, 3, 4, 4, 4, 5, 2, 1, 3, 4, 5}
	machine := []float64{3, 3, 4, 4, 4, 5, 5, 2, 2, 3, 3, 4}
	writer := []string{"a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f", "f"}

	kappa := stats.PairStatistic(human, machine, func(h, m []float64) (stats.Estimate, error) {
		return agreement.QWK(h, m, scale)
	})
	iv, err := stats.Bootstrap(stats.ClusterBy(writer), kappa, stats.Resampling{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)
	// Output:
	// 0.7857 [0.4969, 0.9293] (95% BCa bootstrap, n=12, clusters=6)
}

func ExampleContinuousQWK() {
	machine := []float64{2.2, 3.3, 4.1, 4.6, 2.9, 2.4, 4.4, 3.8}
	human := []float64{2, 3, 4, 5, 3, 2, 4, 4}
	fmt.Println(agreement.ContinuousQWK(machine, human))
	// Output:
	// 0.951077 <nil>
}

func ExampleSMD() {
	human := []float64{4, 3, 5, 2, 4, 6, 1, 3, 4, 5}
	machine := []float64{4, 4, 5, 3, 3, 6, 2, 3, 5, 5}
	fmt.Println(agreement.SMD(human, machine))
	fmt.Println(agreement.SDRatio(human, machine))
	// Output:
	// 0.200745 <nil>
	// 0.834576 <nil>
}

func ExampleDSM() {
	human := []float64{4, 3, 5, 2, 4, 6, 1, 3, 4, 5}
	machine := []float64{4, 4, 5, 3, 3, 6, 2, 3, 5, 5}
	allHuman, allMachine := agreement.PopulationOf(human), agreement.PopulationOf(machine)
	// The first four essays are by students who learn the language.
	fmt.Println(agreement.DSM(human[:4], machine[:4], allHuman, allMachine))
	// Output:
	// 0.13383 <nil>
}

func ExampleSetF1() {
	// Which criteria did the feedback single out, and which did the teacher?
	items := []agreement.LabelSets[string]{
		{Predicted: []string{"thesis", "evidence"}, Truth: []string{"evidence", "style", "structure"}},
		{Predicted: []string{"style"}, Truth: []string{"style"}},
	}
	score := agreement.SetF1(items)
	fmt.Printf("%+v\n", score.Counts)
	fmt.Println("precision", score.Precision, "recall", score.Recall, "F1", score.F1)

	chance, err := agreement.ChanceSetF1(items, 5)
	fmt.Println("by chance", chance, err)
	// Output:
	// {TP:2 FP:1 FN:2}
	// precision 0.666667 recall 0.5 F1 0.571429
	// by chance 0.5 <nil>
}
